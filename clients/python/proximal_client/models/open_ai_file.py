from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.open_ai_file_object import OpenAIFileObject
from ..models.open_ai_file_purpose import OpenAIFilePurpose
from ..models.open_ai_file_status import OpenAIFileStatus
from typing import cast






T = TypeVar("T", bound="OpenAIFile")



@_attrs_define
class OpenAIFile:
    """ 
        Attributes:
            id (str): Names the file in paths and jobs. Example: file-01k0….
            object_ (OpenAIFileObject): What this is.
            bytes_ (int): Its size.
            created_at (int): Seconds since 1970.
            expires_at (int | None): When it goes, in seconds since 1970; null: never.
            filename (str): As it was sent.
            purpose (OpenAIFilePurpose): What it is for.
            status (OpenAIFileStatus): processed at once.
            status_details (None | str): Always null.
     """

    id: str
    object_: OpenAIFileObject
    bytes_: int
    created_at: int
    expires_at: int | None
    filename: str
    purpose: OpenAIFilePurpose
    status: OpenAIFileStatus
    status_details: None | str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        id = self.id

        object_ = self.object_.value

        bytes_ = self.bytes_

        created_at = self.created_at

        expires_at: int | None
        expires_at = self.expires_at

        filename = self.filename

        purpose = self.purpose.value

        status = self.status.value

        status_details: None | str
        status_details = self.status_details


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "id": id,
            "object": object_,
            "bytes": bytes_,
            "created_at": created_at,
            "expires_at": expires_at,
            "filename": filename,
            "purpose": purpose,
            "status": status,
            "status_details": status_details,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = d.pop("id")

        object_ = OpenAIFileObject(d.pop("object"))




        bytes_ = d.pop("bytes")

        created_at = d.pop("created_at")

        def _parse_expires_at(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        expires_at = _parse_expires_at(d.pop("expires_at"))


        filename = d.pop("filename")

        purpose = OpenAIFilePurpose(d.pop("purpose"))




        status = OpenAIFileStatus(d.pop("status"))




        def _parse_status_details(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        status_details = _parse_status_details(d.pop("status_details"))


        open_ai_file = cls(
            id=id,
            object_=object_,
            bytes_=bytes_,
            created_at=created_at,
            expires_at=expires_at,
            filename=filename,
            purpose=purpose,
            status=status,
            status_details=status_details,
        )


        open_ai_file.additional_properties = d
        return open_ai_file

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
