import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { projectNode } from '../bootstrap.mjs'
import { failureOf, installWithApt } from '../programs.ts'
import type { ContainerEngine } from './engine.ts'

const official = 'docker.io/library/node:24-bookworm-slim'
const substitute = 'localhost/rowhouse-base:bookworm'
const debianTimeoutMs = 600_000
/** What the official image does not contain either. */
const unneeded = ['usr/share/doc', 'usr/share/man', 'usr/share/locale', 'var/cache/apt']

/**
 * The image that both images are built on: the official one, or where no registry can be reached
 * one of the same kind, made from Debian's packages and this checkout's Node.
 * @returns its name
 */
export async function baseImage(engine: ContainerEngine): Promise<string> {
  for (const name of [official, substitute]) if (await exists(engine, name)) return name
  try {
    await engine.run('pull', [official])
    return official
  } catch (error) {
    console.log(
      `${official} cannot be pulled; making a base image with debootstrap (${String(error).split('\n').at(-1)?.slice(0, 120)})`,
    )
  }
  await makeSubstitute(engine)
  return substitute
}

const exists = (engine: ContainerEngine, image: string): Promise<boolean> =>
  engine.run('image', ['inspect', image]).then(
    () => true,
    () => false,
  )

async function makeSubstitute(engine: ContainerEngine): Promise<void> {
  const failed = installWithApt('debootstrap', 'ca-certificates')
  if (failed !== undefined) throw new Error(failed)
  const npm = process.env.npm_execpath
  if (npm === undefined) throw new Error('npm is not known; run this with npm run test:container')
  const folder = mkdtempSync(join(tmpdir(), 'rowhouse-base-'))
  const inside = (...path: string[]) => join(folder, ...path)
  try {
    must('debootstrap', ['--variant=minbase', '--include=ca-certificates', 'bookworm', folder])
    for (const path of unneeded) rmSync(inside(path), { recursive: true, force: true })
    cpSync(projectNode(), inside('usr/local/bin/node'))
    cpSync(dirname(dirname(npm)), inside('usr/local/lib/node_modules/npm'), { recursive: true })
    for (const name of ['npm', 'npx'])
      symlinkSync(`../lib/node_modules/npm/bin/${name}-cli.js`, inside('usr/local/bin', name))
    must('chroot', [folder, 'groupadd', '--gid', '1000', 'node'])
    must('chroot', [folder, 'useradd', '--uid', '1000', '--gid', 'node', '-m', 'node'])
    // the build downloads packages through whatever proxy this machine trusts
    const certificates = '/etc/ssl/certs/ca-certificates.crt'
    cpSync(certificates, inside(certificates))
    const archive = `${folder}.tar`
    must('tar', ['-C', folder, '-cf', archive, '.'])
    const setting = `ENV NODE_EXTRA_CA_CERTS=${certificates}`
    await engine.run('import', ['--change', setting, archive, substitute])
    rmSync(archive)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function must(program: string, args: string[]): void {
  const failed = failureOf(program, args, { timeout: debianTimeoutMs })
  if (failed !== undefined) throw new Error(`${program} failed: ${failed}`)
}
