import { number, type SettingSection, text } from '../setting.js';

/** What is logged and where. */
export const logging: SettingSection = {
  name: 'logging',
  about: 'Logs are lines of JSON, without secrets.',
  settings: [
    {
      key: 'logging.level',
      variable: 'TOLLGATE_LOG_LEVEL',
      form: text,
      about: 'How much is logged: silent, error, warn, info or debug.',
      otherwise: 'warn',
    },
    {
      key: 'logging.file',
      variable: 'TOLLGATE_LOG_FILE',
      form: text,
      about: 'A file to log to, an absolute path. Services that run as processes of their own need a file each.',
      otherwise: 'none: standard error, as containers want it',
      example: '/var/log/tollgate/tollgate.log',
    },
    {
      key: 'logging.maxBytes',
      variable: 'TOLLGATE_LOG_MAX_BYTES',
      form: number,
      about: 'How large the log file grows before another is begun: 10000 to 10^12 bytes.',
      otherwise: '2500000',
    },
    {
      key: 'logging.backups',
      variable: 'TOLLGATE_LOG_BACKUPS',
      form: number,
      about: 'How many earlier log files are kept: 1 to 1000.',
      otherwise: '5',
    },
  ],
};
