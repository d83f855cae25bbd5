'use client'

import { Check, Copy } from 'lucide-react'
import { useState } from 'react'
import { Button } from '#components/ui/button'

/** A text that people take elsewhere, with a button that does it. */
export function CopyText({ text, label }: { text: string; label: string }) {
  const [copied, setCopied] = useState(false)
  return (
    <div className="flex items-center gap-2 rounded-md border border-line bg-sunken py-1.5 pr-1.5 pl-3">
      <code aria-label={label} className="min-w-0 grow font-mono text-sm break-all select-all">
        {text}
      </code>
      <Button look="quiet" size="small" onClick={() => navigator.clipboard.writeText(text).then(() => setCopied(true), () => {})}>
        {copied ? <Check aria-hidden /> : <Copy aria-hidden />}
        {copied ? 'Copied' : 'Copy'}
      </Button>
    </div>
  )
}
