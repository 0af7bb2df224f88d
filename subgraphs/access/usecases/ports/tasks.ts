/** The durable tasks of access, by name, with what each is called with: see jobs/. */
export const tasks = {
  /** Takes up a saga that nobody works on: `{ saga, id }`. */
  resumeSaga: 'access.resumeSaga',
  /** Takes up all sagas whose runners died. */
  takeUpLeft: 'access.takeUpLeft',
  /** Ends a grant whose window is over: `{ grantId }`. */
  closeWindow: 'access.closeWindow',
  /** Ends compute grants that are used up: `{}`. */
  closeRunOut: 'access.closeRunOut',
} as const;
