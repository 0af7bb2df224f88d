/** Long enough for every message of ours; graphql-js repeats names and literals of a document however long they are. */
const CHARACTERS_MAX = 500;

/**
 * A message of graphql-js as clients may see it: without suggestions, which would spell the schema out, without the
 * values of variables, which may hold a password, and of bounded length.
 */
export function publicMessage(message: string): string {
  const plain = withoutSuggestion(withoutValue(message));
  return plain.length <= CHARACTERS_MAX ? plain : `${plain.slice(0, CHARACTERS_MAX)} ...`;
}

const withoutSuggestion = (message: string): string => message.replace(/ Did you mean .*\?/s, '');

/** Where a variable is wrong and what for is enough. */
const withoutValue = (message: string): string =>
  message
    .replace(/^(Variable "\$.* cannot represent [^:"]*value): .*$/s, '$1.')
    .replace(/^(Variable "\$\w+") got invalid value .*?( at "[^"]*")?; (?=[^;]*$)/s, '$1 got an invalid value$2: ');
