'use client'

import { startTransition, useActionState, useEffect, useRef } from 'react'
import type { Action } from '#app/_actions/action'
import { Notice } from '#components/ui/notice'

/**
 * Takes the secret from behind the "#", where only this script sees it, and hands it to the server
 * once.
 */
export function OpenLink({ action }: { action: Action<unknown> }) {
  const [state, dispatch] = useActionState(action, null)
  const taken = useRef(false)
  useEffect(() => {
    if (taken.current) return
    taken.current = true
    const [kind = '', token = ''] = window.location.hash.slice(1).split('.')
    window.history.replaceState(null, '', window.location.pathname)
    // a form, not an object: a development server prints the objects that actions are given
    const form = new FormData()
    form.set('kind', kind)
    form.set('token', token)
    startTransition(() => dispatch(form))
  }, [dispatch])
  return state?.ok === false ? (
    <Notice look="danger">This link is not whole. Copy all of it from the mail.</Notice>
  ) : null
}
