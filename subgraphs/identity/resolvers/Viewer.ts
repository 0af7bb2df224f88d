import type { RequiredResolvers } from '../../../platform/server/resolverTypes.js';
import { selectsOnly } from '../../../platform/server/selection.js';
import type { Resolvers } from '../generated/resolvers.js';

export const Viewer = {
  user: (viewer, _arguments, context, info) =>
    context.usecases.getViewerUser(context, viewer, { idAlone: selectsOnly(info, ['id', '__typename']) }),
  serviceAccount: (viewer, _arguments, context) => context.usecases.getViewerServiceAccount(context, viewer),
  session: (viewer, _arguments, context) => context.usecases.getViewerSession(context, viewer),
} satisfies RequiredResolvers<Resolvers>['Viewer'];
