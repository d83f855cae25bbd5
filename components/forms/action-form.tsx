'use client'

import {
  useActionState,
  useEffect,
  useId,
  useRef,
  useState,
  useTransition,
  type ReactNode,
} from 'react'
import { callAction } from '#components/forms/call-action'
import { FormContext } from '#components/forms/form-state'
import { Notice } from '#components/ui/notice'
import { toast } from '#components/ui/toast'
import type { Action, ActionState } from '#app/_actions/action'

export type ActionFormProps<R> = {
  action: Action<R>
  /** What a toast says when it worked. */
  done?: string | ((result: R) => string)
  onDone?: ((result: R) => void) | undefined
  hidden?: Record<string, string | number>
  className?: string
  label?: string
  children: ReactNode
}

/**
 * A form of a server action. It works before the page has its scripts, keeps what was typed, and
 * takes the focus to what is wrong.
 */
export function ActionForm<R>({
  action,
  done,
  onDone,
  hidden = {},
  className,
  label,
  children,
}: ActionFormProps<R>) {
  const [early, dispatch] = useActionState<ActionState<R> | null, FormData>(action, null)
  const [late, setLate] = useState<ActionState<R> | null>(null)
  const [pending, start] = useTransition()
  const state = late ?? early
  const form = useRef<HTMLFormElement>(null)
  const formId = useId()
  const refusal = state?.ok === false ? state : undefined

  useEffect(() => {
    if (state?.ok === false)
      (
        form.current?.querySelector<HTMLElement>('[aria-invalid=true]') ??
        form.current?.querySelector<HTMLElement>('[role=alert]')
      )?.focus()
  }, [state])

  const send = (data: FormData) =>
    start(async () => {
      const answer = await callAction(action, data)
      setLate(answer)
      if (!answer.ok) return
      // not in an effect: what the answer redraws may take this form away
      if (done) toast(typeof done === 'string' ? done : done(answer.result))
      onDone?.(answer.result)
    })

  return (
    <FormContext
      value={{
        pending,
        message: refusal?.message,
        fields: refusal?.fields ?? {},
        values: refusal?.values ?? {},
        formId,
      }}
    >
      <form
        ref={form}
        action={dispatch}
        onSubmit={(event) => {
          // without this React empties the form after each answer
          event.preventDefault()
          send(new FormData(event.currentTarget, event.nativeEvent.submitter))
        }}
        noValidate
        aria-label={label}
        aria-busy={pending}
        className={className ?? 'grid gap-4'}
      >
        {Object.entries(hidden).map(([name, value]) => (
          <input key={name} type="hidden" name={name} value={value} />
        ))}
        {refusal && <Notice look="danger">{refusal.message}</Notice>}
        {children}
      </form>
    </FormContext>
  )
}
