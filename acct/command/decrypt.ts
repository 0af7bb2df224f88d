import { AcctError } from '../acctError.js';
import { writeJson } from '../document/json/write.js';
import { deepMerge } from '../document/merge.js';
import { type AcctMap, type AcctValue, isMap } from '../document/value.js';
import { writeYaml } from '../document/yaml/write.js';
import { writeFileAtomically } from '../files/writeFileAtomically.js';
import { readReserved, withoutReserved } from '../profiles/reserved.js';
import { type DocumentSource, readSource, resolveSource } from '../profiles/source.js';
import { requireFile, type Settings } from './settings.js';

/** What decrypt alone is asked for. */
interface DecryptChoices {
  /** Whether backends are unlocked. */
  readonly backends: boolean;
  readonly allowPlaintext: boolean;
  /** One profile instead of the document: `provider.profile`, or a profile's name alone. */
  readonly profile: string | null;
}

/**
 * Prints a document, its backends and overrides laid over it, or one of its profiles.
 * @throws AcctError
 */
export async function decrypt(settings: Settings, choices: DecryptChoices): Promise<void> {
  const source: DocumentSource = { ...settings, file: requireFile(settings), allowPlaintext: choices.allowPlaintext };
  const document = choices.backends
    ? await resolveSource(source)
    : deepMerge(await readSource(source), settings.overrides);
  const shown = choices.profile === null ? document : chosenProfile(document, choices.profile);
  const text = settings.output === 'json' ? writeJson(shown) : writeYaml(shown);
  if (settings.outputFile === null) print(text);
  else await writeFileAtomically(settings.outputFile, Buffer.from(text, 'utf8'));
}

/** A reader that has seen enough, such as `head`, is no failure. */
function print(text: string): void {
  process.stdout.on('error', () => undefined);
  process.stdout.write(text);
}

function chosenProfile(document: AcctMap, asked: string): AcctValue {
  const reserved = readReserved(document);
  const name = asked === 'default' ? reserved.defaultProfile : asked;
  const found = [...withoutReserved(document, reserved)].flatMap(([provider, held]) =>
    !isMap(held)
      ? []
      : [...held]
          .filter(([profile]) => String(profile) === name || `${String(provider)}.${String(profile)}` === name)
          .map(([, value]) => ({ provider: String(provider), value })),
  );
  const [first] = found;
  if (first === undefined) throw new AcctError('PROFILE_UNKNOWN', `There is no profile ${asked}.`);
  if (found.length === 1) return first.value;
  const providers = found.map(({ provider }) => provider).join(', ');
  throw new AcctError(
    'PROFILE_DUPLICATE',
    `Several providers have a profile ${name}: ${providers}. Write provider.profile.`,
  );
}
