from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.audit_record_outcome import AuditRecordOutcome
from typing import cast
import datetime






T = TypeVar("T", bound="AuditRecord")



@_attrs_define
class AuditRecord:
    """ 
        Attributes:
            id (str): Names the record.
            at (datetime.datetime): When it was answered.
            key_id (None | str): Whose API key it was; null where none was needed, and for tasks.
            method (str): TASK for what was done on the server's machine with `deno task keys`.
            route (str): The path as this document has it. Example: /v1/training-jobs/{id}/cancel.
            resource (None | str): Id of what it was done to, or of what came of it.
            status (int): HTTP status of the answer.
            outcome (AuditRecordOutcome): By the status: below 400, below 500, above.
            request_id (None | str): As in the answer's X-Request-Id and in the server's log.
     """

    id: str
    at: datetime.datetime
    key_id: None | str
    method: str
    route: str
    resource: None | str
    status: int
    outcome: AuditRecordOutcome
    request_id: None | str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        id = self.id

        at = self.at.isoformat()

        key_id: None | str
        key_id = self.key_id

        method = self.method

        route = self.route

        resource: None | str
        resource = self.resource

        status = self.status

        outcome = self.outcome.value

        request_id: None | str
        request_id = self.request_id


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "id": id,
            "at": at,
            "key_id": key_id,
            "method": method,
            "route": route,
            "resource": resource,
            "status": status,
            "outcome": outcome,
            "request_id": request_id,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = d.pop("id")

        at = datetime.datetime.fromisoformat(d.pop("at"))




        def _parse_key_id(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        key_id = _parse_key_id(d.pop("key_id"))


        method = d.pop("method")

        route = d.pop("route")

        def _parse_resource(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        resource = _parse_resource(d.pop("resource"))


        status = d.pop("status")

        outcome = AuditRecordOutcome(d.pop("outcome"))




        def _parse_request_id(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        request_id = _parse_request_id(d.pop("request_id"))


        audit_record = cls(
            id=id,
            at=at,
            key_id=key_id,
            method=method,
            route=route,
            resource=resource,
            status=status,
            outcome=outcome,
            request_id=request_id,
        )


        audit_record.additional_properties = d
        return audit_record

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
