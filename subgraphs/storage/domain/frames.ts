import type { ByteRange } from './byteRange.js';

/**
 * How an encrypted object is laid out: a header, then the plaintext in frames of 64 KiB, each followed by its tag. An
 * empty object has one empty frame, so that its end is authenticated as well.
 */
export const frameLayout = {
  plainBytes: 65_536,
  tagBytes: 16,
  headerBytes: 68,
} as const;

const SEALED_BYTES = frameLayout.plainBytes + frameLayout.tagBytes;

/** How many frames hold this many plaintext bytes. */
export const frameCount = (plainBytes: number): number => Math.max(1, Math.ceil(plainBytes / frameLayout.plainBytes));

/** The stored size of an object of this many plaintext bytes. */
export const sealedSize = (plainBytes: number): number =>
  frameLayout.headerBytes + plainBytes + frameCount(plainBytes) * frameLayout.tagBytes;

/** The frames a plaintext range touches, and where they stand in the stored object. */
export interface FrameSpan {
  readonly firstFrame: number;
  /** One past the last. */
  readonly endFrame: number;
  readonly stored: ByteRange;
  /** How many plaintext bytes of the first frame come before the range. */
  readonly skip: number;
}

/** The frames that must be read for a plaintext range of an object; an empty range of an empty object is its one frame. */
export function spanOf(plainBytes: number, range: ByteRange): FrameSpan {
  const firstFrame = Math.floor(range.start / frameLayout.plainBytes);
  const endFrame = Math.max(firstFrame + 1, Math.ceil(range.end / frameLayout.plainBytes));
  return {
    firstFrame,
    endFrame,
    stored: {
      start: frameLayout.headerBytes + firstFrame * SEALED_BYTES,
      end: Math.min(frameLayout.headerBytes + endFrame * SEALED_BYTES, sealedSize(plainBytes)),
    },
    skip: range.start - firstFrame * frameLayout.plainBytes,
  };
}
