"""ImportTable and ExportTableToPointInTime are done when they are answered.

AWS takes minutes, and says in DescribeImport and DescribeExport when it has ended; it counts the work of each
under no call. moto begins a thread of its own, which changes tables and buckets while calls of others are
answered, and may lose what these write. Changed: the work is done within the call.
Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataImport.HowItWorks.html
"""

from typing import Any

from moto.dynamodb.models.table_export import TableExport
from moto.dynamodb.models.table_import import TableImport

from workshop.cloud.offline.overlay.correct import corrects


@corrects(TableImport, "start")
def _import(work: Any) -> None:
    work.run()


@corrects(TableExport, "start")
def _export(work: Any) -> None:
    work.run()
