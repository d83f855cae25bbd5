import { LogOut, UserRound } from 'lucide-react'
import type { Action } from '#app/_actions/action'
import { ActionMenuItem } from '#components/forms/action-menu-item'
import { ThemeChoice } from '#components/shell/theme-choice'
import { Avatar } from '#components/ui/avatar'
import { Menu, MenuHeading, MenuLine, MenuLink } from '#components/ui/menu'

type User = { name: string; email: string }

export function UserMenu({
  signOut,
  user,
  wide = false,
}: {
  signOut: Action<unknown>
  user: User
  wide?: boolean
}) {
  return (
    <Menu
      name={wide ? 'Account:' : `Account: ${user.name}`}
      above={wide}
      side={wide ? 'start' : 'end'}
      buttonClassName="flex min-w-0 items-center gap-2.5 rounded-md p-1.5 text-left transition-colors hover:bg-line/60 lg:w-full"
      label={
        <>
          <Avatar name={user.name} />
          {wide && (
            <span className="min-w-0">
              <span className="block truncate text-sm font-medium">{user.name}</span>
              <span className="block truncate text-xs text-ink-faint">{user.email}</span>
            </span>
          )}
        </>
      }
    >
      <MenuHeading>{user.email}</MenuHeading>
      <MenuLink href="/account">
        <UserRound aria-hidden /> Your account
      </MenuLink>
      <MenuLine />
      <ThemeChoice />
      <MenuLine />
      <ActionMenuItem action={signOut} input={{}}>
        <LogOut aria-hidden /> Sign out
      </ActionMenuItem>
    </Menu>
  )
}
