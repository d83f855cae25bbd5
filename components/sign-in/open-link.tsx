'use client'

import { startTransition, useActionState, useEffect, useRef } from 'react'
import type { Action } from '#app/_actions/action'
import { Notice } from '#components/ui/notice'

/** Sends the secret in the URL's fragment to the server, once. */
export function OpenLink({ action }: { action: Action<unknown> }) {
  const [state, dispatch] = useActionState(action, null)
  const sent = useRef(false)
  useEffect(() => {
    if (sent.current) return
    sent.current = true
    const [kind = '', token = ''] = window.location.hash.slice(1).split('.')
    window.history.replaceState(null, '', window.location.pathname)
    // FormData, not an object: a development server logs the objects that actions receive
    const form = new FormData()
    form.set('kind', kind)
    form.set('token', token)
    startTransition(() => dispatch(form))
  }, [dispatch])
  return state?.ok === false ? (
    <Notice look="danger">This link is not whole. Copy all of it from the mail.</Notice>
  ) : null
}
