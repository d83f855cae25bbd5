import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { expect, it } from 'vitest'
import { describeProcess, isAlive, stampFromPs } from './processes.mjs'

it('a process is alive until it ends, and another one with its number is not it', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
  const described = describeProcess(child.pid)
  expect(isAlive(described)).toBe(true)
  expect(isAlive({ ...described, stamp: 'of before a reboot' })).toBe(false)
  child.kill('SIGKILL')
  await once(child, 'exit')
  expect(isAlive(described)).toBe(false)
})

it.skipIf(spawnSync('ps').error)('off Linux the stamp is when it was started', () => {
  const began = Date.now() - process.uptime() * 1000
  expect(Math.abs(Date.parse(`${stampFromPs(process.pid)} UTC`) - began)).toBeLessThan(3000)
  expect(stampFromPs(2 ** 22)).toBeUndefined()
})
