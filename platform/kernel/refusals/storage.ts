/** Refusals of the storage service. */
export const storageRefusals = {
  QUOTA_EXCEEDED: 'The drive has not enough room. Free some or extend the grant.',
  DRIVE_NOT_ACTIVE: 'The drive cannot be written to now. Its status says why.',
  PATH_INVALID: 'The path is empty, too long, leaves the drive or has characters that are not allowed.',
  UPLOAD_NOT_OPEN: 'The upload is completed, aborted or expired. Begin again.',
  PARTS_MISSING: 'Some parts have not arrived yet. Send them and complete again.',
  CHECKSUM_MISMATCH: 'The bytes that arrived are not those announced. Begin again.',
} as const;
