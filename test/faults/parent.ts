import { flushCompileCache } from 'node:module'
import type { FromWorker, ToWorker } from './messages.ts'

/** The parent of a process under test. */
export interface Parent {
  tell: (message: FromWorker) => void
  onMessage: (listener: (message: ToWorker) => void) => void
}

/** Called when all code is loaded and nothing is opened yet. The process ends when its parent is gone. */
export const meetParent = (): Parent => {
  process.on('disconnect', () => process.exit())
  const tell = (message: FromWorker): void => void process.send?.(message)
  // Node keeps what it compiled at a clean end only, which these processes never have.
  flushCompileCache()
  tell({ kind: 'opening', pid: process.pid })
  return { tell, onMessage: (listener) => void process.on('message', listener) }
}
