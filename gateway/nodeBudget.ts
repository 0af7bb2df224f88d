import type { ApolloServerPlugin } from '@apollo/server';
import { getVariableValues } from 'graphql';
import type { GatewayContext } from './context.js';
import { countNodes } from './countNodes.js';
import { tooLarge } from './queryLimits.js';

const NODES_MAX = 10_000;

/**
 * Refuses an operation whose nested lists multiply to more nodes than one answer may have, before it is planned.
 * It is no validation rule: page sizes may come from variables, which differ from request to request.
 */
export const nodeBudget: ApolloServerPlugin<GatewayContext> = {
  async requestDidStart() {
    return {
      async didResolveOperation({ schema, document, operation, request }) {
        // Refused by answerPlugin.
        if (operation === undefined || operation === null) return;
        const { coerced } = getVariableValues(schema, operation.variableDefinitions ?? [], request.variables ?? {});
        // Wrong variables are refused with what is wrong about them, before any subgraph is asked.
        if (coerced === undefined) return;
        if (countNodes(schema, document, operation, coerced) > NODES_MAX) throw tooLarge('nodes', NODES_MAX, 'nodes');
      },
    };
  },
};
