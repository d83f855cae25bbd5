/** What a job of each kind carries: ids only. The row that it acts on says the rest. */
export type JobData = {
  move: { moveId: string }
}
export type JobName = keyof JobData
/**
 * Does one job. `stopping` is aborted when the worker shall end: hand over at the next good place.
 */
export type Work<N extends JobName> = (data: JobData[N], stopping: AbortSignal) => Promise<void>

export const jobNames: readonly JobName[] = ['move']

/** Who does what. Loaded when first needed. */
export const works: { [N in JobName]: () => Promise<Work<N>> } = {
  move: async () => (await import('#db/jobs/moves')).moveJob,
}
