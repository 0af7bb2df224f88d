import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { parseJson } from '../../../platform/kernel/parseJson.js';

const credentialsSchema = z.object({ clientId: z.string(), clientSecret: z.string(), clusterId: z.string() });

/** A controller's credentials, as identity's first start leaves them in `controllers/local.json`. */
type Credentials = z.infer<typeof credentialsSchema>;

/**
 * Reads the credentials, anew for each use: a start of Tollgate after a crash of its first one may write them again.
 * @throws Error with a sentence for the log, and nothing of what stands in the file
 */
export async function readCredentials(file: string): Promise<Credentials> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new Error(
      `The credentials in ${file} cannot be read (${error.code}); copy it from identity's data folder, or name it with controller.credentialsFile.`,
    );
  });
  const parsed = credentialsSchema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new Error(
    `${file} holds no credentials of a controller (clientId, clientSecret, clusterId); copy it again from identity's data folder.`,
  );
}
