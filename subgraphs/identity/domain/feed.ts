import type { GroupRole } from './group.js';
import type { SigningKeyState } from './signingKey.js';

/** What may be written to the feed in this version (the shape of a row: platform/auth/feedRow.ts). */
export type FeedChange =
  | {
      readonly kind: 'KEY';
      readonly subject: string;
      readonly state: SigningKeyState;
      readonly data: Record<string, unknown>;
    }
  | {
      readonly kind: 'SESSION';
      readonly subject: string;
      readonly state: 'REVOKED';
      readonly data: Record<string, never>;
    }
  | {
      readonly kind: 'USER';
      readonly subject: string;
      readonly state: 'ACTIVE' | 'DISABLED';
      readonly data: { readonly operator: boolean };
    }
  | {
      readonly kind: 'MANDATE';
      readonly subject: string;
      readonly state: 'REVOKED';
      readonly data: Record<string, never>;
    }
  | {
      readonly kind: 'SERVICE';
      readonly subject: string;
      readonly state: 'DISABLED';
      readonly data: Record<string, never>;
    }
  | {
      readonly kind: 'MEMBERSHIP';
      /** `<groupId>/<userId>`: see platform/auth/memberships.ts. */
      readonly subject: string;
      readonly state: GroupRole | 'NONE';
      readonly data: Record<string, never>;
    };
