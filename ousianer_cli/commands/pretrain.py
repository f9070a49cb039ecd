"""`ousianer pretrain`: learn detection and YAGO typing together."""

from __future__ import annotations

import typer

from ousianer_cli.commands.options import Given, command
from ousianer_cli.settings.finetune import FinetuneSettings
from ousianer_cli.settings.pretrain import PAPER, DirectSettings, PretrainSettings


@command(PretrainSettings, DirectSettings, presets={"paper": PAPER}, resume=True)
def pretrain(settings: PretrainSettings, direct: DirectSettings, given: Given) -> None:
    """Pretrain: detection on fully marked corpora, typing on YAGO silver, each source feeding only its own loss."""
    from ousianer_cli.training.pretrain import pretrain as train

    best = train(settings, resume=given.resume)
    if not best:
        return  # of several processes the first says and does what follows
    typer.echo(
        f"best at step {best['step']}: "
        + ", ".join(
            f"{kind} {name} F1 {m['f1']:.3f}" for kind in ("detection", "typing") for name, m in best[kind].items()
        )
    )
    if direct.direct:
        from ousianer_cli.training.finetune import finetune

        table, taxonomy = direct.mapping, direct.taxonomy
        made = FinetuneSettings(base=settings.out, out=settings.out, direct=True, mapping=table, taxonomy=taxonomy)
        finetune(made, report=typer.echo)
        typer.echo(f"next: ousianer tag INPUT --model {settings.out} -o run.tab")
    elif best.get("keeps_types"):
        typer.echo(f"wrote {settings.out}\nnext: ousianer tag INPUT --model {settings.out} -o run.tab")
    else:
        typer.echo(f"wrote {settings.out}\nnext: ousianer finetune {settings.out} --train FILE -o DIR, or --direct")
