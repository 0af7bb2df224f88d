import type { RequiredResolvers } from '../../../platform/server/resolverTypes.js';
import type { Resolvers } from '../generated/resolvers.js';
import { AccessBlock } from './AccessBlock.js';
import { AccessExplanation } from './AccessExplanation.js';
import { AccessRequest } from './AccessRequest.js';
import { AccessReview } from './AccessReview.js';
import { Grant } from './Grant.js';
import { GrantExtension } from './GrantExtension.js';
import { Group } from './Group.js';
import { approveAccessRequest } from './Mutation/approveAccessRequest.js';
import { approveGrantExtension } from './Mutation/approveGrantExtension.js';
import { denyAccessRequest } from './Mutation/denyAccessRequest.js';
import { denyGrantExtension } from './Mutation/denyGrantExtension.js';
import { endGrant } from './Mutation/endGrant.js';
import { extendGrant } from './Mutation/extendGrant.js';
import { publishOffer } from './Mutation/publishOffer.js';
import { quoteAccess } from './Mutation/quoteAccess.js';
import { requestAccess } from './Mutation/requestAccess.js';
import { retireOffer } from './Mutation/retireOffer.js';
import { reviseAccessRequest } from './Mutation/reviseAccessRequest.js';
import { revokeGrant } from './Mutation/revokeGrant.js';
import { withdrawAccessRequest } from './Mutation/withdrawAccessRequest.js';
import { withdrawGrantExtension } from './Mutation/withdrawGrantExtension.js';
import { Offer } from './Offer.js';
import { accessRequest } from './Query/accessRequest.js';
import { accessRequests } from './Query/accessRequests.js';
import { explainAccess } from './Query/explainAccess.js';
import { grant } from './Query/grant.js';
import { grantExtension } from './Query/grantExtension.js';
import { grantExtensions } from './Query/grantExtensions.js';
import { offer } from './Query/offer.js';
import { offers } from './Query/offers.js';
import { quote } from './Query/quote.js';
import { Quote } from './Quote.js';
import { QuoteLine } from './QuoteLine.js';
import { User } from './User.js';

/** Access' resolvers, by type and field. */
export const resolvers = {
  Query: { offers, offer, quote, accessRequest, accessRequests, grant, grantExtension, grantExtensions, explainAccess },
  Mutation: {
    publishOffer,
    retireOffer,
    quoteAccess,
    requestAccess,
    approveAccessRequest,
    denyAccessRequest,
    withdrawAccessRequest,
    reviseAccessRequest,
    extendGrant,
    approveGrantExtension,
    denyGrantExtension,
    withdrawGrantExtension,
    endGrant,
    revokeGrant,
  },
  Offer,
  Quote,
  QuoteLine,
  AccessBlock,
  AccessExplanation,
  AccessRequest,
  AccessReview,
  Grant,
  GrantExtension,
  Group,
  User,
} satisfies RequiredResolvers<Resolvers>;
