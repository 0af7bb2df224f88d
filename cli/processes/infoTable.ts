import type { InstallationInfo, ServiceInfo } from './installationInfo.js';
import { keptByNobody } from './keptByNobody.js';

/** What runs on a home, as lines for a terminal. */
export function infoTable({ home, processes, services, controller, database }: InstallationInfo): string {
  if (processes.length === 0) {
    const nothing = `Nothing runs on ${home}. "tollgate start" starts it.\n`;
    return database === null ? nothing : `${nothing}${keptByNobody(database.pid)}\n`;
  }
  const lines = [`Data        ${home}`];
  for (const { pid, startedAt, version, runs, configuration, logFile } of processes) {
    lines.push(`Process     ${pid}, version ${version}, since ${startedAt}: ${runs.join(', ')}`);
    lines.push(`  configured by ${configuration ?? 'the environment alone'}, logs to ${logFile ?? 'standard error'}`);
  }
  if (database !== null) lines.push(`Database    embedded, port ${database.port}, process ${database.pid}`);
  const rows = services.map(({ name, pid, port, health, uptimeSeconds, database: place, peers }) => [
    name,
    String(pid),
    String(port ?? '-'),
    `${uptimeSeconds} s`,
    place ?? '-',
    [health, ...awayOf(peers)].join(', '),
  ]);
  if (controller !== null) {
    const { pid, uptimeSeconds, health } = controller;
    rows.push([
      'controller',
      String(pid ?? '-'),
      '-',
      uptimeSeconds === null ? '-' : `${uptimeSeconds} s`,
      '-',
      health,
    ]);
  }
  lines.push('', ...table([['service', 'pid', 'port', 'up', 'database', 'health'], ...rows]));
  const gateway = services.find(({ name }) => name === 'gateway');
  if (gateway !== undefined) {
    lines.push('', `GraphQL     ${gateway.url}/graphql`);
    lines.push(`GraphiQL    ${gateway.graphiql ? `${gateway.url}/graphiql` : 'off'}`);
  }
  return `${lines.join('\n')}\n`;
}

/** The peers that a service does not reach. */
const awayOf = (peers: ServiceInfo['peers']): readonly string[] =>
  Object.entries(peers ?? {}).flatMap(([name, state]) => (state === 'up' ? [] : [`${name} ${state}`]));

function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
