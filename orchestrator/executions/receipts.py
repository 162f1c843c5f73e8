"""What runners know of a run, by the columns of its row, and what a row knows, for its runner."""

import dataclasses
from typing import Any

from orchestrator.db.models import Execution
from orchestrator.executions.sanitize import is_web
from orchestrator.runners.protocol import Job, Run, TriggerReceipt
from orchestrator.secrets import Secret


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


def job_of(execution: Execution, token: Secret, base_url: str, **of_leg: Any) -> Job:
    """The job that its runner gets; `of_leg`: what it says of the leg it is of."""
    job = Job(
        execution_id=execution.id,
        execution_no=execution.execution_no,
        trigger_type=execution.trigger_type,
        env_code=execution.env_code,
        run_mode=execution.run_mode,
        job_name=execution.jenkins_job_name,
        callback_token=token,
        base_url=base_url,
        console_url="",
        report_url="",
        **of_leg,
    )
    files = f"{base_url}/files/{execution.file_key}"
    files += f"/legs/{job.key.leg}" if job.shard_id else ""
    return dataclasses.replace(job, console_url=f"{files}/console", report_url=f"{files}/report")


def run_of(execution: Execution) -> Run:
    return Run(
        execution_id=execution.id,
        job_name=execution.jenkins_job_name,
        queue_id=execution.jenkins_queue_id,
        build_number=execution.jenkins_build_number,
        build_url=execution.jenkins_build_url,
        process=execution.process,
    )
