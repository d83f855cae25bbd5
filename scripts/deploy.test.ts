import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { root } from './root.mjs'

// `npm run test:container` runs the images; here their descriptions are compared with each other.

const read = (file: string): string => readFileSync(join(root, file), 'utf8')

type Probe = { httpGet: { path: string; port: string } }
type Container = {
  name: string
  image: string
  command?: string[]
  ports?: { name: string; containerPort: number }[]
  envFrom: { configMapRef?: { name: string }; secretRef?: { name: string } }[]
  securityContext: object
  volumeMounts?: { mountPath: string }[]
  startupProbe?: Probe
  livenessProbe?: Probe
  readinessProbe?: Probe
}
type Pod = {
  securityContext: object
  containers: Container[]
  volumes?: { persistentVolumeClaim: { claimName: string } }[]
}
type Manifest = {
  apiVersion: string
  kind: string
  metadata: { name: string }
  data?: object
  stringData?: object
  spec?: { template?: { metadata: { labels: object }; spec: Pod }; selector?: object }
}

const files = readdirSync(join(root, 'deploy/kubernetes'))
const kustomization = parse(read('deploy/kubernetes/kustomization.yaml')) as {
  resources: string[]
  images: { name: string }[]
}
const manifests = files
  .filter((file) => file !== 'kustomization.yaml')
  .flatMap((file) =>
    parseAllDocuments(read(`deploy/kubernetes/${file}`)).map(
      (document) => document.toJS() as Manifest,
    ),
  )
const named = (kind: string, name: string) =>
  manifests.find((one) => one.kind === kind && one.metadata.name === name)
const pods = manifests.flatMap(({ metadata, spec }) =>
  spec?.template ? [{ name: metadata.name, pod: spec.template.spec }] : [],
)
const containers = pods.flatMap(({ pod }) => pod.containers)
const dockerfile = read('Dockerfile')
/** The lines of a target of the Dockerfile, and of the stage that it is built on. */
const target = (image: string): string =>
  ['base', image.replace(/^rowhouse-/, '')]
    .map((stage) =>
      dockerfile.split(/^FROM /m).find((text) => text.split('\n')[0]?.endsWith(` AS ${stage}`)),
    )
    .join('\n')

const hasCommand = ({ image, command }: { image: string; command?: string[] }): boolean =>
  command === undefined || target(image).includes(`/usr/local/bin/${command[0]}`)

describe('the manifests for Kubernetes', () => {
  test('fit the schemas of Kubernetes', async () => {
    for (const manifest of manifests) {
      const path = `kubernetes-models/${manifest.apiVersion}/${manifest.kind}`
      const models = (await import(/* @vite-ignore */ path)) as Record<
        string,
        new (data: object) => { validate: () => void }
      >
      const Model = models[manifest.kind]
      if (Model === undefined) throw new Error(`${path} has no model`)
      expect(() => new Model(manifest).validate()).not.toThrow()
    }
  })

  // the schemas allow unknown fields; the types do not
  test('have no unknown fields', () => {
    const folder = join(root, '.data/manifests')
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
    const source = manifests.map(
      ({ apiVersion, kind, ...manifest }, i) => `
import { I${kind} as Manifest${i} } from 'kubernetes-models/${apiVersion}/${kind}'
export const manifest${i}: Manifest${i} = ${JSON.stringify({ apiVersion, kind, ...manifest }, undefined, 2)}`,
    )
    writeFileSync(join(folder, 'manifests.ts'), source.join('\n'))
    const tsc = join(
      dirname(createRequire(import.meta.url).resolve('typescript/package.json')),
      'bin/tsc',
    )
    const { status, stdout } = spawnSync(
      process.execPath,
      [
        tsc,
        '--ignoreConfig',
        '--noEmit',
        '--skipLibCheck',
        '--strict',
        '--module',
        'esnext',
        '--moduleResolution',
        'bundler',
        'manifests.ts',
      ],
      { cwd: folder, encoding: 'utf8' },
    )
    expect(stdout).toBe('')
    expect(status).toBe(0)
  })

  test('are all listed, apart from the example of secrets', () => {
    expect(
      [...kustomization.resources, 'kustomization.yaml', 'secret.example.yaml'].sort(),
    ).toEqual(files.sort())
  })

  test('refer only to objects that exist', () => {
    const sources = containers.flatMap(({ envFrom }) => envFrom)
    for (const { name } of sources.flatMap(({ configMapRef }) => configMapRef ?? []))
      expect(named('ConfigMap', name)).toBeDefined()
    for (const { name } of sources.flatMap(({ secretRef }) => secretRef ?? []))
      expect(named('Secret', name)).toBeDefined()
    for (const { pod } of pods)
      for (const { persistentVolumeClaim: claim } of pod.volumes ?? [])
        expect(named('PersistentVolumeClaim', claim.claimName)).toBeDefined()
    const { spec } = named('Ingress', 'rowhouse') as unknown as {
      spec: { rules: { http: { paths: { backend: { service: { name: string } } }[] } }[] }
    }
    for (const { http } of spec.rules)
      for (const { backend } of http.paths)
        expect(named('Service', backend.service.name)).toBeDefined()
  })

  test('select the pods of their own component', () => {
    const labelsOf = (name: string) => named('Deployment', name)?.spec?.template?.metadata.labels
    for (const name of ['rowhouse-app', 'rowhouse-worker'])
      expect(named('Deployment', name)?.spec?.selector).toEqual({ matchLabels: labelsOf(name) })
    expect(named('Service', 'rowhouse-app')?.spec?.selector).toEqual(labelsOf('rowhouse-app'))
    expect(named('PodDisruptionBudget', 'rowhouse-app')?.spec?.selector).toEqual({
      matchLabels: labelsOf('rowhouse-app'),
    })
  })

  test.each(pods)('$name runs without root, rights and a writable file system', ({ pod }) => {
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true })
    for (const { securityContext } of pod.containers)
      expect(securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      })
  })

  test.each(containers)(
    '$name uses an image, a command and ports that the Dockerfile has',
    (one) => {
      expect(kustomization.images.map(({ name }) => name)).toContain(one.image)
      expect(target(one.image)).toContain('USER 1000:1000')
      expect(hasCommand(one)).toBe(true)
      for (const { containerPort } of one.ports ?? [])
        expect(target(one.image)).toContain(`EXPOSE ${containerPort}`)
      for (const { mountPath } of one.volumeMounts ?? [])
        expect(target(one.image)).toContain(`EXPORT_DIR=${mountPath}`)
      for (const probe of [one.startupProbe, one.livenessProbe, one.readinessProbe])
        expect([undefined, ...(one.ports ?? []).map(({ name }) => name)]).toContain(
          probe?.httpGet.port,
        )
    },
  )

  test('give each process the settings that it needs in production', () => {
    const settings = (name: string, kind: string) =>
      Object.keys({ ...named(kind, name)?.data, ...named(kind, name)?.stringData })
    const app = [...settings('rowhouse', 'ConfigMap'), ...settings('rowhouse', 'Secret')]
    expect(app).toEqual(expect.arrayContaining(needed))
    expect(app).not.toContain('DATABASE_URL')
    expect(settings('rowhouse-admin', 'Secret')).toEqual(['DATABASE_URL'])
  })
})

const needed = [
  'APP_URL',
  'AUTH_SECRET',
  'ENCRYPTION_KEY',
  'PLATFORM_DATABASE_URL',
  'TENANT_DATABASE_URL',
  'WORKER_DATABASE_URL',
  'MIGRATOR_DATABASE_URL',
]

describe('compose.yaml', () => {
  const { services } = parse(read('compose.yaml'), { merge: true }) as {
    services: Record<
      string,
      {
        build?: { target: string }
        image: string
        environment: object
        command?: string[]
        read_only?: boolean
        depends_on?: object
      }
    >
  }
  const ours = Object.entries(services).filter(([name]) => name !== 'db')

  test.each(ours)('%s uses an image that the Dockerfile builds', (_, service) => {
    expect(service.read_only).toBe(true)
    expect(target(service.image)).toContain('CMD')
    expect(hasCommand(service)).toBe(true)
    expect([undefined, service.image.replace('rowhouse-', '')]).toContain(service.build?.target)
    for (const name of Object.keys(service.depends_on ?? {})) expect(services).toHaveProperty(name)
  })

  test.each(ours)('%s gets what it needs, and only setup the administrator', (name, service) => {
    expect(Object.keys(service.environment)).toEqual(expect.arrayContaining(needed))
    expect('DATABASE_URL' in service.environment).toBe(name === 'setup')
  })
})

test('every setting in the images, manifests and compose.yaml is described in .env.example', () => {
  const described = [...read('.env.example').matchAll(/^# ([A-Z_]+)=/gm)].map(
    ([, name = '']) => name,
  )
  const { 'x-rowhouse': shared } = parse(read('compose.yaml'), { merge: true }) as {
    'x-rowhouse': { environment: object }
  }
  const used = [
    ...Object.keys(shared.environment),
    ...manifests.flatMap(({ data, stringData }) => Object.keys({ ...data, ...stringData })),
    ...[...dockerfile.matchAll(/^ENV (.*)$/gm)].flatMap(([, line = '']) =>
      line.split(' ').map((setting) => setting.replace(/=.*/, '')),
    ),
  ]
  const ofNext = ['HOSTNAME', 'NEXT_MANUAL_SIG_HANDLE', 'NEXT_TELEMETRY_DISABLED']
  expect(used.filter((name) => !described.includes(name) && !ofNext.includes(name))).toEqual([])
})
