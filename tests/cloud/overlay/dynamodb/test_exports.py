"""Exports and imports of tables are done within the call, with what moto's threads would have made."""

from typing import Any

from moto.dynamodb.models import dynamodb_backends

from tests.cloud.conftest import REGION, Account
from tests.cloud.documents import table
from workshop.cloud.offline.overlay.correct import plain_moto
from workshop.settings import ACCOUNT_ID


def exported_and_imported(account: Account, suffix: str) -> dict[str, Any]:
    """Export the table `T`, and import that as another one; return what clients see of both."""
    client, s3 = account.dynamodb, account.client("s3")
    s3.create_bucket(Bucket=f"box{suffix}", CreateBucketConfiguration={"LocationConstraint": REGION})
    arn = client.describe_table(TableName="T")["Table"]["TableArn"]
    export = client.export_table_to_point_in_time(TableArn=arn, S3Bucket=f"box{suffix}", S3Prefix="p")
    backend = dynamodb_backends[ACCOUNT_ID][REGION]
    for work in (one for one in backend.table_exports.values() if one.ident is not None):
        work.join()
    [key] = [one["Key"] for one in s3.list_objects_v2(Bucket=f"box{suffix}")["Contents"]]
    made = client.import_table(
        S3BucketSource={"S3Bucket": f"box{suffix}", "S3KeyPrefix": key},
        InputFormat="DYNAMODB_JSON",
        InputCompressionType="GZIP",
        TableCreationParameters={"TableName": f"III{suffix}", **table(view=None)},
    )
    for work in (one for one in backend.table_imports.values() if one.ident is not None):
        work.join()
    described = client.describe_export(ExportArn=export["ExportDescription"]["ExportArn"])
    imported = client.describe_import(ImportArn=made["ImportTableDescription"]["ImportArn"])
    return {
        "items": client.scan(TableName=f"III{suffix}")["Items"],
        "export": {name: described["ExportDescription"][name] for name in ("ExportStatus", "ItemCount")},
        "import": {
            name: imported["ImportTableDescription"][name] for name in ("ImportStatus", "ImportedItemCount")
        },
    }


def test_exports_and_imports_make_what_moto_makes(account: Account) -> None:
    """Only when they are done differs from moto's: nobody waits for a thread."""
    account.create_table(stream=False)
    account.put(n={"N": "1.50"})
    account.dynamodb.update_continuous_backups(
        TableName="T", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )

    ours = exported_and_imported(account, "-ours")

    assert ours["items"] == [{"pk": {"S": "a"}, "n": {"N": "1.5"}}]
    assert (ours["export"]["ExportStatus"], ours["import"]["ImportStatus"]) == ("COMPLETED", "COMPLETED")
    assert all(work.ident is None for work in dynamodb_backends[ACCOUNT_ID][REGION].table_exports.values())
    with plain_moto():
        assert exported_and_imported(account, "-plain") == ours
