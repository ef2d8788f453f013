/**
 * Sockets that who started us has bound: a systemd .socket unit, systemd-socket-activate(1), inetd's heirs. They are descriptors from 3 on, as many as
 * LISTEN_FDS says (sd_listen_fds(3)). LISTEN_PID is not compared: in a pipeline it is the shell's, and flow-listen was told to take them.
 */
import { badValue } from '../cli/options.js'

const FIRST = 3

/** The descriptors that `host` of `uri` stands for: the one that it names, or all that were handed over where it is empty. Throws `badValue`. */
export function descriptorsOf(uri: string, host: string): number[] {
  if (host !== '') {
    if (!/^\d{1,4}$/.test(host) || Number(host) < FIRST)
      throw badValue(`'${host}' in ${uri} is no descriptor of a socket: one is a number from ${FIRST} on, as fd://${FIRST}.`)
    return [Number(host)]
  }
  const handed = Number(process.env.LISTEN_FDS ?? 0)
  if (!Number.isInteger(handed) || handed < 1)
    throw badValue(
      `${uri} are the sockets that flow-listen was started with, and there are none (LISTEN_FDS): a .socket unit or systemd-socket-activate hands them over.`
    )
  return Array.from({ length: handed }, (_, i) => FIRST + i)
}
