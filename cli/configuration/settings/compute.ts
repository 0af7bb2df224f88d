import { number, type SettingSection, text } from '../setting.js';
import { commonSettings } from './services.js';

/** Clusters and jobs. */
export const compute: SettingSection = {
  name: 'compute',
  about: 'Clusters and jobs.',
  settings: [
    ...commonSettings('compute'),
    {
      key: 'compute.localTrusted',
      variable: 'COMPUTE_LOCAL_TRUSTED',
      form: text,
      about:
        'Whose jobs may run on a cluster that cannot isolate them: everybody, operators, or ids of people with commas.',
      otherwise: 'everybody where all is on loopback, else operators',
      example: 'operators',
    },
    {
      key: 'compute.sealingKeyFile',
      variable: 'COMPUTE_SEALING_KEY_FILE',
      form: text,
      about: 'The key that half-made submissions are sealed with; every replica needs the same.',
      otherwise: 'keys/compute/sealing.key below the data folder',
      example: '/etc/tollgate/compute-sealing.key',
    },
  ],
};

/** The controller of this machine. */
export const controller: SettingSection = {
  name: 'controller',
  about: 'The local controller, which runs jobs on this machine.',
  settings: [
    {
      key: 'controller.slots',
      variable: 'TOLLGATE_LOCAL_SLOTS',
      form: number,
      about: 'Jobs at the same time: 1 to 100.',
      otherwise: '2',
    },
    {
      key: 'controller.isolation',
      variable: 'TOLLGATE_LOCAL_ISOLATION',
      form: text,
      about: 'Whether jobs are isolated as the machine allows (auto) or not at all (none).',
      otherwise: 'auto',
    },
    {
      key: 'controller.firstUid',
      variable: 'TOLLGATE_LOCAL_FIRST_UID',
      form: number,
      about: 'Jobs in slot n run as this user id + n where the controller is root.',
      otherwise: '61000',
    },
    {
      key: 'controller.leaseSeconds',
      variable: 'TOLLGATE_LOCAL_LEASE_SECONDS',
      form: number,
      about: 'How long Tollgate waits for a controller that does not answer: 5 to 3600.',
      otherwise: '60',
    },
    {
      key: 'controller.pollMs',
      variable: 'TOLLGATE_LOCAL_POLL_MS',
      form: number,
      about: 'How often it asks for jobs, in milliseconds: 50 to 60000.',
      otherwise: '400',
    },
    {
      key: 'controller.killGraceMs',
      variable: 'TOLLGATE_LOCAL_KILL_GRACE_MS',
      form: number,
      about: 'What a job has between SIGTERM and SIGKILL, in milliseconds.',
      otherwise: '2000',
    },
    {
      key: 'controller.scratchBytes',
      variable: 'TOLLGATE_LOCAL_SCRATCH_BYTES',
      form: number,
      about: 'What a job may write, in all and in one file, in bytes.',
      otherwise: '10737418240',
    },
    {
      key: 'controller.processes',
      variable: 'TOLLGATE_LOCAL_PROCESSES',
      form: number,
      about: 'Processes and threads of a job: 8 to 100000.',
      otherwise: '256',
    },
    {
      key: 'controller.memoryPerCore',
      variable: 'TOLLGATE_LOCAL_MEMORY_PER_CORE',
      form: number,
      about: 'Bytes of memory that one core comes with under a grant of memory.',
      otherwise: "the core's even part of this machine",
      example: '4294967296',
    },
    {
      key: 'controller.credentialsFile',
      variable: 'TOLLGATE_LOCAL_CREDENTIALS',
      form: text,
      about: "The file with the controller's service account.",
      otherwise: 'controllers/local.json below the data folder',
      example: '/etc/tollgate/controller.json',
    },
  ],
};
