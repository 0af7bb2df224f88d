/** Refusals of the compute service. */
export const computeRefusals = {
  GRANT_NOT_USABLE:
    'The grant is not active now, or is for another cluster. Use another grant, or wait until its window begins.',
  RESOURCES_UNAVAILABLE: 'The cluster can never give that much. Ask for less.',
  RESOURCES_NOT_PAID: 'The grant does not pay for what the job asks for. Use a grant that is priced by it.',
  GRANT_IN_USE: 'Jobs of the grant are not settled yet, and its price would change. Try again when they are.',
  NOT_ISOLATED: 'This cluster cannot isolate jobs and runs only those of trusted people.',
  SUBMISSION_UNDONE: 'The submit could not be completed in time and was undone. Submit again with a fresh key.',
  LEASE_LOST: 'The lease has expired or another controller has the job. Stop it.',
  JOB_ENDED: 'The job has ended already.',
} as const;
