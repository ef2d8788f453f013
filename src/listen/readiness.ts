/** Readiness, for a service manager. */
import { reasonOf } from '../cli/exit.js'
import type { Log } from '../cli/log.js'
import { childProcess } from '../flow/lazy.js'

/**
 * Notifies who started us that all sockets are open, where it asked for that (NOTIFY_SOCKET, sd_notify(3)). Node has no Unix datagram sockets:
 * systemd-notify(1) sends the word, so a unit needs NotifyAccess=all, as it does for any process of a pipeline but the shell.
 */
export function tellReady(log: Log): void {
  if ((process.env.NOTIFY_SOCKET ?? '') === '') return
  childProcess().execFile('systemd-notify', ['--ready'], (error) => {
    if (error !== null) log.warn(`cannot tell the service manager that all is ready: systemd-notify: ${reasonOf(error)}`)
  })
}
