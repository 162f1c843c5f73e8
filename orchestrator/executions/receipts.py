"""What runners know of a run, by the columns of its row, and what a row knows, for its runner."""

from typing import Any

from orchestrator.db.models import Execution
from orchestrator.executions.sanitize import is_web
from orchestrator.runners.protocol import Run, TriggerReceipt


def columns_of(receipt: TriggerReceipt) -> dict[str, Any]:
    """What the receipt knows, by the execution's columns; of addresses only those of the web."""
    columns = {
        "jenkins_job_name": receipt.job_name,
        "jenkins_queue_id": receipt.queue_id,
        "jenkins_build_number": receipt.build_number,
        "trigger_message": receipt.message or None,
    }
    addresses = {
        "jenkins_build_url": receipt.build_url,
        "console_url": receipt.console_url,
        "report_url": receipt.report_url,
    }
    columns |= {column: url for column, url in addresses.items() if url and is_web(url)}
    return {column: value for column, value in columns.items() if value is not None}


def run_of(execution: Execution) -> Run:
    return Run(
        execution_id=execution.id,
        job_name=execution.jenkins_job_name,
        queue_id=execution.jenkins_queue_id,
        build_number=execution.jenkins_build_number,
        build_url=execution.jenkins_build_url,
        process=execution.process,
    )
