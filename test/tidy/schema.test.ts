import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  type DefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
  type ObjectTypeExtensionNode,
  type TypeNode,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../platform/kernel/packageRoot.js';
import { subgraphNames } from '../../platform/kernel/services.js';
import { loadTypeDefs } from '../../platform/server/typeDefs.js';

/** Mutations that take no idempotency key (contract.md, grammar rule 3), and the internal ones that only set a state. */
const WITHOUT_KEY = new Set([
  'registerUser',
  'confirmTotp',
  'logIn',
  'refreshSession',
  'logOut',
  'revokeSession',
  'revokeOtherSessions',
  'startDeviceLogin',
  'approveDeviceLogin',
  'denyDeviceLogin',
  'pollDeviceLogin',
  // A one-time code is their key: it is used up.
  'changePassword',
  'replaceTotp',
  'regenerateRecoveryCodes',
  'issueServiceToken',
  'exchangeToken',
  'addGroupMember',
  'removeGroupMember',
  'setGroupRole',
  'leaveGroup',
  'renameGroup',
  'archiveGroup',
  'restoreGroup',
  'inviteGroupMember',
  'acceptInvitation',
  'declineInvitation',
  'withdrawInvitation',
  'disableUser',
  'enableUser',
  'setOperator',
  'disableServiceAccount',
  'withdrawServiceAccountSecret',
  'revokePersonalAccessKey',
  'exchangePersonalAccessKey',
  'revokeMandate',
  'createDownload',
  'claimJobs',
  'heartbeat',
  'appendJobLog',
  'reportJobs',
  'signJobInputs',
  'closeAllocation',
  'denyAccessRequest',
  'denyGrantExtension',
  'withdrawAccessRequest',
  'withdrawGrantExtension',
  'reviseAccessRequest',
  'retireOffer',
  'revokeGrant',
  'setOverdraftLimit',
  'freezeAccount',
  'unfreezeAccount',
  'closeAccount',
  'setBudget',
  'setMemberCap',
  'rejectAdjustment',
]);

type ObjectNode = ObjectTypeDefinitionNode | ObjectTypeExtensionNode;
const isObject = (node: DefinitionNode): node is ObjectNode =>
  node.kind === Kind.OBJECT_TYPE_DEFINITION || node.kind === Kind.OBJECT_TYPE_EXTENSION;

const graphs = subgraphNames.map((name) => ({ name, definitions: loadTypeDefs(name).definitions }));
const rootFields = (name: string, type: 'Query' | 'Mutation') =>
  (graphs.find((graph) => graph.name === name)?.definitions ?? [])
    .filter(isObject)
    .filter((node) => node.name.value === type)
    .flatMap((node) => node.fields ?? []);
const named = (type: TypeNode): string => (type.kind === Kind.NAMED_TYPE ? type.name.value : named(type.type));

/** The subgraph that describes an entity owns it; the others stub or extend it. */
const ownerOf = (type: string): string | undefined =>
  graphs.find(({ definitions }) =>
    definitions.some(
      (node) => node.kind === Kind.OBJECT_TYPE_DEFINITION && node.name.value === type && node.description !== undefined,
    ),
  )?.name;

describe('the schema', () => {
  it.each(subgraphNames)('of %s has a resolver file for every root field', (name) => {
    for (const type of ['Query', 'Mutation'] as const) {
      for (const field of rootFields(name, type)) {
        const file = join('subgraphs', name, 'resolvers', type, `${field.name.value}.ts`);
        expect(existsSync(join(packageRoot, file)), file).toBe(true);
      }
    }
  });

  it.each(subgraphNames)('of %s follows the grammar of mutations', (name) => {
    for (const field of rootFields(name, 'Mutation')) {
      const verb = field.name.value;
      const stem = verb.charAt(0).toUpperCase() + verb.slice(1);
      expect(field.arguments?.map((argument) => argument.name.value)).toEqual(['input']);
      expect(named(field.type)).toBe(`${stem}Payload`);
      const definitions = graphs.find((graph) => graph.name === name)?.definitions ?? [];
      const input = definitions.find(
        (node) => node.kind === Kind.INPUT_OBJECT_TYPE_DEFINITION && node.name.value === `${stem}Input`,
      );
      const hasKey =
        input?.kind === Kind.INPUT_OBJECT_TYPE_DEFINITION &&
        input.fields?.some((entry) => entry.name.value === 'idempotencyKey');
      expect(hasKey, verb).toBe(!WITHOUT_KEY.has(verb));
      const payload = definitions.find((node) => isObject(node) && node.name.value === `${stem}Payload`);
      const fields = payload !== undefined && isObject(payload) ? (payload.fields ?? []) : [];
      expect(fields.map((entry) => entry.name.value)).toContain('refusal');
      expect(
        fields.filter((entry) => entry.type.kind === Kind.NON_NULL_TYPE),
        `${stem}Payload`,
      ).toEqual([]);
    }
  });

  it('describes every type, field, argument and value where it is owned', () => {
    const missing: string[] = [];
    for (const { name, definitions } of graphs) {
      for (const node of definitions) {
        if (!('name' in node) || node.name === undefined || node.kind === Kind.DIRECTIVE_DEFINITION) continue;
        const type = node.name.value;
        const owned =
          !isObject(node) ||
          ['Query', 'Mutation'].includes(type) ||
          ownerOf(type) === name ||
          ownerOf(type) === undefined;
        if (
          !['Query', 'Mutation'].includes(type) &&
          owned &&
          'description' in node &&
          node.description === undefined &&
          ownerOf(type) === undefined
        )
          missing.push(`${name}: ${type}`);
        const members = 'fields' in node ? (node.fields ?? []) : 'values' in node ? (node.values ?? []) : [];
        for (const member of members) {
          const isKey = member.name.value === 'id' && !owned;
          if (!isKey && member.description === undefined) missing.push(`${name}: ${type}.${member.name.value}`);
          for (const argument of 'arguments' in member ? (member.arguments ?? []) : []) {
            if (argument.description === undefined)
              missing.push(`${name}: ${type}.${member.name.value}(${argument.name.value})`);
          }
        }
      }
    }
    expect(missing).toEqual([]);
  });

  it('makes every field nullable that another subgraph resolves, so that an outage nulls that field alone', () => {
    const offending: string[] = [];
    for (const { name, definitions } of graphs) {
      for (const node of definitions.filter(isObject)) {
        const type = node.name.value;
        if (['Query', 'Mutation'].includes(type)) continue;
        const owner = ownerOf(type);
        for (const field of node.fields ?? []) {
          if (field.type.kind !== Kind.NON_NULL_TYPE) continue;
          const contributed = owner !== undefined && owner !== name && field.name.value !== 'id' && !isShared(type);
          const target = named(field.type);
          const foreign = ownerOf(target) !== undefined && ownerOf(target) !== name && !isShared(target);
          if (contributed || foreign || target === 'Principal') offending.push(`${name}: ${type}.${field.name.value}`);
        }
      }
    }
    expect(offending).toEqual([]);
  });

  it('gives every connection its three parts', () => {
    for (const { definitions } of graphs) {
      for (const node of definitions.filter(isObject)) {
        if (!node.name.value.endsWith('Connection')) continue;
        // Sums of the whole list, which no page shows, may follow, and from when on it is.
        const parts = node.fields
          ?.map((field) => field.name.value)
          .filter((name) => name !== 'totals' && name !== 'from');
        expect(parts).toEqual(['edges', 'nodes', 'pageInfo']);
      }
    }
  });
});

/** Types of schema/shared stand in several subgraphs, word for word. */
const isShared = (type: string): boolean =>
  [
    'Money',
    'PageInfo',
    'Refused',
    'InvalidInput',
    'InsufficientFunds',
    'LimitExceeded',
    'AuditEntry',
    'AuditDetail',
    'AuditEntryConnection',
    'AuditEntryEdge',
  ].includes(type);
