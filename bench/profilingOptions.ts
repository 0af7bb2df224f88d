/** Options of Node for a measured process: TOLLGATE_BENCH_PROFILE names a folder for its CPU profile. */
export function profilingOptions(): readonly string[] {
  const folder = process.env['TOLLGATE_BENCH_PROFILE'];
  return folder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${folder}`];
}
