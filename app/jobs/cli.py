"""`flask jobs`: what waits for the worker, and what it gave up."""

import click
from flask.cli import AppGroup

from app.core.db import transaction
from app.jobs import queries, queue

jobs_cli = AppGroup("jobs", help="Look after the queue of work.")


@jobs_cli.command("list")
@click.option("--dead", is_flag=True, help="Only what was given up.")
@click.option("--most", default=50, show_default=True, help="How many to show.")
def list_jobs(dead: bool, most: int) -> None:
    """Show what waits and what was given up, the latest first."""
    found = queries.jobs(dead_only=dead, most=most)
    if not found:
        click.echo("Nothing was given up." if dead else "Nothing waits.")
    for job in found:
        state = "given up" if job.died_at else f"due {job.due_at:%Y-%m-%d %H:%M:%S}"
        line = f"{job.id:>6}  {job.kind:<18} {state:<24} {job.attempts} tries  {job.key or ''}"
        click.echo(f"{line}\n        {job.problem}" if job.problem else line)


@jobs_cli.command("retry")
@click.argument("job_id", type=int)
def retry(job_id: int) -> None:
    """Try again what was given up."""
    with transaction():
        job = queries.dead_job(job_id)
        if job is None:
            raise click.ClickException(f"No job {job_id} was given up.")
        queries.reopen(job)
    click.echo("The worker will try it again.")


@jobs_cli.command("work")
def work() -> None:
    """Do all that is due now, here; the worker does it by itself."""
    count = 0
    while queue.work_one():
        count += 1
    click.echo(f"Did {count} jobs.")
