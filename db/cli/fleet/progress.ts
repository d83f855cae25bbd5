import type { MigrationProgress } from '@rowhouse/tenancy/migrations'

const width = 30

/**
 * Shows the progress of a run on standard error: as a progress bar on a terminal, otherwise as a line
 * for every 10 %, every failure and every wait.
 */
export function showProgress(out = process.stderr): {
  onProgress: (now: MigrationProgress) => void
  end: () => void
} {
  let last = ''
  let failures = 0
  const plain = (now: MigrationProgress) => {
    for (const { target, message } of now.failed.slice(failures))
      out.write(`${target}: failed: ${message}\n`)
    failures = now.failed.length
    if (now.waiting) out.write(`waiting: ${now.waiting}\n`)
    const tenth =
      now.targets === 0 ? '' : `${now.batch}: ${Math.floor((10 * now.done) / now.targets) * 10} %`
    if (tenth !== last && tenth) out.write(`${tenth} (${now.done} of ${now.targets})\n`)
    last = tenth || last
  }
  const bar = (now: MigrationProgress) => {
    const full = now.targets === 0 ? width : Math.round((width * now.done) / now.targets)
    const tail =
      now.failed.length > 0
        ? `, ${now.failed.length} failed`
        : now.waiting
          ? `, waiting: ${now.waiting}`
          : ''
    const line = `${'█'.repeat(full)}${'░'.repeat(width - full)} ${now.done} of ${now.targets} (${now.batch})${tail}`
    out.write(`\r\x1b[2K${line.slice(0, (out.columns ?? 100) - 1)}`)
  }
  return {
    onProgress: out.isTTY ? bar : plain,
    end: () => void (out.isTTY && out.write('\r\x1b[2K')),
  }
}
