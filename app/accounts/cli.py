"""`flask admin`: the first administrator, roles, and letting somebody in again who is locked out."""

import click
from flask.cli import AppGroup

from app.accounts import actions, factors
from app.core.errors import Declined
from app.policy import Role

admin_cli = AppGroup("admin", help="Make administrators, give roles, let people in again.")


@admin_cli.command("create")
@click.argument("username")
@click.argument("email")
@click.password_option(help="Asked for when not given.")
def create(username: str, email: str, password: str) -> None:
    """Make an administrator's account."""
    try:
        user = actions.create_person(username, email, password, Role.ADMIN)
    except Declined as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{user.username} is an administrator now and can sign in.")


@admin_cli.command("role")
@click.argument("username")
@click.argument("role", type=click.Choice([role.name.lower() for role in Role]))
def change_role(username: str, role: str) -> None:
    """Give an existing person another role."""
    try:
        user = actions.change_role(username, Role[role.upper()])
    except Declined as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{user.username} is {role} now.")


@admin_cli.command("reset-factors")
@click.argument("username")
def reset_factors(username: str) -> None:
    """Take away the second factors of somebody who is locked out."""
    try:
        user, count, sessions = factors.reset_factors(username)
    except Declined as error:
        raise click.ClickException(str(error)) from None
    click.echo(
        f"{user.username}: {count} apps and passkeys and all recovery codes taken away, {sessions} sessions ended."
    )
    click.echo(f"A letter goes to {user.email}." if user.email else "There is no address to write to.")
