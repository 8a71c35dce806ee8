/** Memory that all threads see: how often something in the file has changed since the start. */
export type CommitCount = SharedArrayBuffer

export const openCommitCount = (): CommitCount => new SharedArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT)

/** By the store thread, before anybody hears of the commit. */
export function countCommit(count: CommitCount): void {
  Atomics.add(new BigInt64Array(count), 0, 1n)
}

/** As long as it says the same, everything that was read is still true. Costs nothing, where a look at the file takes its locks. */
export function openCommitsSeen(count: CommitCount): () => bigint {
  const cell = new BigInt64Array(count)
  return () => Atomics.load(cell, 0)
}
