'use client'

import type { Shortcut } from '#components/palette/shortcuts'
import { Dialog, DialogBody } from '#components/ui/dialog'
import { Kbd } from '#components/ui/kbd'

export function ShortcutHelp({
  destinations,
  mayWrite,
  onClose,
}: {
  destinations: Shortcut[]
  mayWrite: boolean
  onClose: () => void
}) {
  const rows: [string, string[]][] = [
    ['Find anything', ['Ctrl', 'K']],
    ['Search this list', ['/']],
    ...(mayWrite ? [['New order', ['N']] as [string, string[]]] : []),
    ...destinations.map(({ key, label }): [string, string[]] => [label, ['G', key.toUpperCase()]]),
    ['These keys', ['?']],
  ]
  return (
    <Dialog open onClose={onClose} title="Keys">
      <DialogBody>
        <dl className="grid gap-2">
          {rows.map(([what, keys]) => (
            <div key={what} className="flex items-center justify-between gap-4">
              <dt>{what}</dt>
              <dd className="flex gap-1">
                {keys.map((key) => (
                  <Kbd key={key}>{key}</Kbd>
                ))}
              </dd>
            </div>
          ))}
        </dl>
      </DialogBody>
    </Dialog>
  )
}
