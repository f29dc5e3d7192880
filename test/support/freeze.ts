import { readdirSync, readFileSync } from 'node:fs'
import { until } from './until.ts'

/**
 * Stops a process (SIGSTOP) and resolves when none of its threads is inside a system call any more: one that is under
 * way, such as an `fsync`, is finished first. Resolves also when the process is gone. SIGCONT lets it go on.
 */
export const freeze = async (pid: number): Promise<void> => {
  try {
    process.kill(pid, 'SIGSTOP')
  } catch {
    return
  }
  await until(() => threadStates(pid).every((state) => 'TtZX'.includes(state)), {
    everyMs: 2,
    what: `process ${pid} stopped`,
  })
}

const threadStates = (pid: number): string[] => {
  try {
    return readdirSync(`/proc/${pid}/task`).map((thread) => {
      const status = readFileSync(`/proc/${pid}/task/${thread}/status`, 'utf8')
      return /^State:\s+(\S)/m.exec(status)?.[1] ?? 'X'
    })
  } catch {
    return []
  }
}
