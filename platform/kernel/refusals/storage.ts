/** Refusals of the storage service. */
export const storageRefusals = {
  QUOTA_EXCEEDED:
    'The drive has not enough room. Abort an open upload (abortUpload), or ask for another drive with requestAccess.',
  CAPACITY_EXCEEDED: 'The service has not enough room left for that. Ask for less, or ask the operator for room.',
  DRIVE_NOT_ACTIVE: 'The drive cannot be used for this now. Look at its status, which says why.',
  PATH_INVALID: 'The path is empty, too long, leaves the drive or has characters that are not allowed.',
  UPLOAD_NOT_OPEN: 'The upload is completed, aborted or expired. Begin again.',
  PARTS_MISSING: 'Some parts have not arrived yet. Send them and complete again with a fresh key.',
  CHECKSUM_MISMATCH:
    'The bytes that arrived are not those announced. Send the wrong parts again and complete with a fresh key, or abort.',
  URL_INVALID: 'The signed URL is not one that was given here, or was changed. Ask for a fresh one.',
  URL_EXPIRED: 'The signed URL, or what it was given for, has ended. Ask for a fresh one.',
  LENGTH_MISMATCH: 'The part has not the number of bytes that its URL was signed for. Send exactly those.',
  RANGE_NOT_SATISFIABLE: 'The range begins behind the end of the file.',
} as const;
