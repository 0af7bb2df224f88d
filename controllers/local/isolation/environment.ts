/** All that a job finds in its environment. @param home its working directory */
export const jobEnvironment = (home: string, temporary: string): Readonly<Record<string, string>> => ({
  PATH: '/usr/bin:/bin',
  HOME: home,
  TMPDIR: temporary,
  LANG: 'C.UTF-8',
});
