import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { expect, it } from 'vitest'
import { identify, isAlive, startTimeFromPs } from './processes.mjs'

it('a process is alive until it ends, and another process with the same id is not mistaken for it', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
  const identity = identify(child.pid ?? 0)
  expect(isAlive(identity)).toBe(true)
  expect(isAlive({ ...identity, startedAt: 'before a reboot' })).toBe(false)
  child.kill('SIGKILL')
  await once(child, 'exit')
  expect(isAlive(identity)).toBe(false)
})

it.skipIf(spawnSync('ps').error)(
  'ps reports when a process was started, and nothing for one that has ended',
  () => {
    const began = Date.now() - process.uptime() * 1000
    expect(Math.abs(Date.parse(`${startTimeFromPs(process.pid)} UTC`) - began)).toBeLessThan(3000)
    expect(startTimeFromPs(2 ** 22)).toBeUndefined()
  },
)
