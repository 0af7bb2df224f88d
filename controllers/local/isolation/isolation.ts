/** What a job's processes may use; each holds for every single process, the controller watches their sum. */
export interface ProcessLimits {
  readonly filesMax: number;
  readonly fileBytesMax: number;
  readonly memoryBytesMax: number;
  readonly cpuSecondsMax: number;
  readonly processesMax: number;
  /** The cores they run on, by number; none: all. */
  readonly cores: readonly number[];
}

/** A program to run as a job. */
export interface JobProgram {
  readonly argv: readonly string[];
  /** The job's own folder: `work` is where it starts and its HOME, `tmp` is for its temporary files. */
  readonly folder: string;
  readonly limits: ProcessLimits;
}

/** How a process is to be started so that the program in it is a job. */
export interface Launch {
  readonly file: string;
  readonly arguments: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly uid?: number;
  readonly gid?: number;
}

/** What a job has on disk. */
export interface Written {
  readonly bytes: number;
  readonly entries: number;
}

/** A way to keep a job from Tollgate's own files and from other jobs. */
export interface Isolation {
  readonly name: 'user' | 'namespace' | 'none';
  /** One job at a time runs in a slot. Hands the job's folder to it. */
  prepare(slot: number, folder: string): Promise<void>;
  /** The path under which the job itself sees its folder. */
  inside(folder: string): string;
  launch(slot: number, program: JobProgram): Launch;
  /** The processes of a slot's job that live. @param leader the process that was started */
  processes(slot: number, leader: number): Promise<readonly number[]>;
  /** What a slot's job has written outside its folder, where that can be told apart. */
  writtenElsewhere(slot: number): Promise<Written>;
  /** Ends what is left of a slot's job, and of files it left elsewhere. */
  cleanUp(slot: number, leader: number | null): Promise<void>;
  /** Ends what a controller that was killed left in all slots. */
  removeStrays(slots: number): Promise<void>;
}
