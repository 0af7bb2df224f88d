/**
 * What every installation has from its first start. The ids are fixed, so that each service can make its own part by
 * itself, without asking another (contract.md, Operations).
 */
export const wellKnown = {
  unit: 'CREDIT',
  groupLocal: 'grp_00000000000000000000000001',
  clusterLocal: 'clu_00000000000000000000000001',
  accountIssuance: 'acc_00000000000000000000000001',
  accountRevenueLocal: 'acc_00000000000000000000000002',
  offerStorage: 'ofr_00000000000000000000000001',
  offerCompute: 'ofr_00000000000000000000000002',
  serviceAccountLocalController: 'svc_00000000000000000000000001',
  /** The one that the configuration asks for. */
  serviceAccountFirst: 'svc_00000000000000000000000002',
} as const;
