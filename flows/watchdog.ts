import { Worker, isMainThread, workerData } from 'node:worker_threads'

/**
 * Ends this process when its parent is gone, even while a flow blocks the event loop: a thread of its own looks at
 * the parent's id. (The IPC channel's end is noticed at once, but only by a loop that turns.)
 */
export const watchParent = (): void => {
  const worker = new Worker(new URL(import.meta.url), { workerData: { parent: process.ppid } })
  worker.unref()
}

if (!isMainThread) {
  const { parent } = workerData as { parent: number }
  setInterval(() => {
    if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL')
  }, 1000)
}
