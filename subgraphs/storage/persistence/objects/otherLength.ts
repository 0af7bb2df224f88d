/** A body is not as long as the object that was announced: none is kept of it. */
export const otherLength = (announced: number, came: number): Error =>
  new Error(`${announced} bytes were announced, ${came} came.`);
