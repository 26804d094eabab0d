#!/usr/bin/env python3
"""ssh-agent, which keeps the private key, and affiant, which is given the public one."""

import re

import tool


class Agent:
    """A running ssh-agent; it ends with the block."""

    def __init__(self, workshop):
        self.socket = workshop.path / "agent"
        # Without a display and a program to ask with, the agent cannot ask anybody for a confirmation.
        self.environment = {name: value for name, value in tool.environment().items() if "DISPLAY" not in name}
        self.environment.update(SSH_AUTH_SOCK=str(self.socket), SSH_ASKPASS="/absent")

    def __enter__(self):
        started = self.run("ssh-agent", "-s", "-a", self.socket).stdout.decode()
        self.environment["SSH_AGENT_PID"] = re.search(r"SSH_AGENT_PID=(\d+)", started)[1]
        return self

    def __exit__(self, *_):
        self.run("ssh-agent", "-k")

    def run(self, *command):
        """Runs a command that knows of the agent."""
        return tool.run(*command, env=self.environment)

    def release(self, workshop, key, out):
        """A release signed with the key; its exit code is the caller's to judge."""
        command = [tool.AFFIANT, "release", workshop.dataset, "--version", "1.0.0", "--date", tool.DATE, "--key", key]
        return self.run(*command, "--out", workshop.path / out)


def signs_for_us(checks, workshop, agent):
    key, other = workshop.path / "ssh", workshop.path / "other"
    for file in [key, other]:
        tool.must("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", file)
    public = key.with_suffix(".pub")
    before = agent.release(workshop, public, "absent")
    refused = before.returncode == 2 and b"does not hold the key" in before.stderr
    checks.expect("does not hold a key yet, and we say so", refused and not (workshop.path / "absent").exists())

    rsa = workshop.path / "rsa"
    tool.must("ssh-keygen", "-q", "-t", "rsa", "-b", "2048", "-N", "", "-f", rsa)
    added = [agent.run("ssh-add", "-q", file).returncode for file in [rsa, other, key]]
    expected = workshop.cut("with-the-key", key)
    key.unlink()
    ended = agent.release(workshop, public, "with-the-agent")
    checks.expect("holds it among others and signs with it", added == [0, 0, 0] and ended.returncode == 0)
    signed = workshop.path / "with-the-agent" / "1.0.0"
    checks.expect("gives the same release as the private key, byte for byte", tool.same_folders(signed, expected))

    ended = agent.release(workshop, rsa.with_suffix(".pub"), "rsa")
    checks.expect("holds an RSA key too, which we refuse", ended.returncode == 2 and b"ssh-rsa" in ended.stderr)


def refuses_to_sign(checks, workshop, agent):
    public = workshop.path / "ssh.pub"
    agent.run("ssh-add", "-q", "-D")
    ended = agent.release(workshop, public, "removed")
    checks.expect("has forgotten the key, and we say so", ended.returncode == 2 and b"does not hold the key" in ended.stderr)

    confirmed = workshop.path / "confirmed"
    tool.must("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", confirmed)
    agent.run("ssh-add", "-q", "-c", confirmed)
    ended = agent.release(workshop, confirmed.with_suffix(".pub"), "confirmed-releases")
    refused = ended.returncode == 2 and b"refuses to sign" in ended.stderr
    left = (workshop.path / "confirmed-releases" / "1.0.0").exists()
    checks.expect("refuses without confirmation, and no release is made", refused and not left)


def main():
    for client in ["ssh-agent", "ssh-add", "ssh-keygen"]:
        if tool.find(client) is None:
            tool.not_run("ssh-agent", f"{client} is not on this machine")
    checks = tool.Checks("ssh-agent")
    with tool.Workshop() as workshop:
        with Agent(workshop) as agent:
            signs_for_us(checks, workshop, agent)
            refuses_to_sign(checks, workshop, agent)
        ended = agent.release(workshop, workshop.path / "ssh.pub", "ended")
        checks.expect("has ended, and we say so", ended.returncode == 2 and b"the ssh-agent at" in ended.stderr)
    checks.end()


main()
