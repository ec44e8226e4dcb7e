"""`dnnt evaluate FILE PARAMETERS`: exact outputs, the loss of each sample, and the total."""

from __future__ import annotations

from typing import Any

import click

from dnnt import exits
from dnnt.cli import fail
from dnnt.cli.options import json_flag, limits


@click.command("evaluate", short_help="Evaluate parameters on every sample, in exact arithmetic.")
@click.argument("file", metavar="FILE")
@click.argument("parameters", metavar="PARAMETERS")
@json_flag
@click.option(
    "--max-bits",
    type=click.IntRange(min=1),
    default=10**8,
    help="Longest number allowed (default 10^8 bits).",
)
@limits
def command(
    file: str,
    parameters: str,
    as_json: bool,
    max_bits: int,
    time_limit: float | None,
    memory_limit: float | None,
) -> int:
    """Evaluate the parameters in PARAMETERS on every sample of the instance FILE, in exact arithmetic."""
    from dnnt.errors import InvalidInput, TooLarge
    from dnnt.evaluation import evaluate
    from dnnt.formats import instance_file, parameters_file
    from dnnt.interrupts import latched, leave
    from dnnt.running import Run, Stop, ticking

    run = Run(time_limit, memory_limit)
    with latched() as latch:
        latch.forward(leave)
        try:
            with ticking(run.check):
                instance = instance_file.read(file)
                chosen = parameters_file.read(parameters)
                result = evaluate(instance, chosen, max_bits, run.poll)
        except InvalidInput as error:
            error.file = error.file or parameters
            raise
        except TooLarge as error:
            return fail(f"{file}: {error}; raise --max-bits to go on", exits.LIMIT)
        except Stop as stop:
            return fail(f"{file}: stopped before the end ({stop.kind})", exits.LIMIT)
        except KeyboardInterrupt:
            return fail(f"{file}: stopped before the end (interrupt)", exits.LIMIT)
    if not result.inside:
        fail(f"warning: {parameters}: some values are outside their spaces", 0)
    if as_json:
        from dnnt.exact import to_json
        from dnnt.formats import json_text

        body: dict[str, Any] = {
            "total": to_json(result.total),
            "inside": result.inside,
            "samples": [{"output": [to_json(f) for f in s.output], "loss": to_json(s.loss)} for s in result.samples],
        }
        click.echo(json_text.dumps(body))
    else:
        from dnnt.cli.render import print_evaluation

        print_evaluation(instance, result)
    return 0
