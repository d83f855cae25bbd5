'use client'

import { Check, Copy } from 'lucide-react'
import { useState } from 'react'
import { Button } from '#components/ui/button'
import { toast } from '#components/ui/toast'

/** A text with a copy button. */
export function CopyText({ text, label }: { text: string; label: string }) {
  const [copied, setCopied] = useState(false)

  async function copy() {
    try {
      // fails over plain HTTP, where browsers have no clipboard
      await navigator.clipboard.writeText(text)
      setCopied(true)
    } catch {
      toast('This browser does not let the page copy. Select the text and copy it by hand.')
    }
  }

  return (
    <div className="flex items-center gap-2 rounded-md border border-line bg-sunken py-1.5 pr-1.5 pl-3">
      <code aria-label={label} className="min-w-0 grow font-mono text-sm break-all select-all">
        {text}
      </code>
      <Button look="quiet" size="small" onClick={copy}>
        {copied ? <Check aria-hidden /> : <Copy aria-hidden />}
        {copied ? 'Copied' : 'Copy'}
      </Button>
    </div>
  )
}
