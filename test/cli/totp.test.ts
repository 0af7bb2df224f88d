import { describe, expect, it } from 'vitest';
import { currentTotp } from '../../cli/totp.js';
import { startProgram } from '../support/program.js';

describe('tollgate totp', () => {
  it.each([
    [59, '996554'],
    [1_111_111_109, '071271'],
    [1_234_567_890, '742275'],
  ])('prints what an authenticator shows at %d s', async (seconds, code) => {
    expect(await currentTotp('jbsw y3dp ehpk 3pxp', new Date(seconds * 1000))).toBe(code);
  });

  it('prints six digits alone', async () => {
    const program = startProgram(['totp', 'JBSWY3DPEHPK3PXP'], {});
    expect(await program.ended).toEqual({ code: 0, signal: null });
    expect(program.output()).toMatch(/^\d{6}\n$/);
  });

  it('says what is wrong with something else', async () => {
    const program = startProgram(['totp', 'not a secret!'], {});
    expect((await program.ended).code).toBe(1);
    expect(program.output()).toMatch(/^tollgate: This is not a secret: .*operator\.json\.\n$/);
  });
});
