import { describe, expect, it } from 'vitest';
import {
  type Drive,
  type DriveStatus,
  isReadable,
  isWritable,
  statusAt,
} from '../../../subgraphs/storage/domain/drive.js';

const at = (day: number): Date => new Date(Date.UTC(2026, 0, day));
const drive = (status: DriveStatus, closedDay: number | null = null): Drive => ({
  id: 'drv_1',
  grantId: 'grt_1',
  ownerId: 'usr_1',
  name: 'd',
  quotaBytes: 1n,
  status,
  startsAt: at(10),
  endsAt: at(20),
  closedAt: closedDay === null ? null : at(closedDay),
  purgedAt: null,
  createdAt: at(1),
});

describe('statusAt', () => {
  it.each<[DriveStatus, number | null, number, DriveStatus]>([
    ['INACTIVE', null, 15, 'INACTIVE'],
    ['CLOSED', 12, 15, 'CLOSED'],
    ['ACTIVE', null, 9, 'INACTIVE'],
    ['ACTIVE', null, 10, 'ACTIVE'],
    ['ACTIVE', null, 20, 'READ_ONLY'],
    ['ACTIVE', null, 33, 'READ_ONLY'],
    ['ACTIVE', null, 34, 'CLOSED'],
    ['READ_ONLY', 15, 15, 'READ_ONLY'],
    ['READ_ONLY', 15, 29, 'CLOSED'],
    ['READ_ONLY', 25, 34, 'CLOSED'],
  ])('%s, closed on day %s, is on day %s %s', (status, closedDay, day, expected) => {
    expect(statusAt(drive(status, closedDay), at(day))).toBe(expected);
  });

  it('can be read where it can be written, and 14 days longer', () => {
    const days = Array.from({ length: 40 }, (_, day) => day);
    expect(days.filter((day) => isWritable(drive('ACTIVE'), at(day)))).toEqual(days.slice(10, 20));
    expect(days.filter((day) => isReadable(drive('ACTIVE'), at(day)))).toEqual(days.slice(10, 34));
  });
});
