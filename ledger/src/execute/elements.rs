//! Data elements and their one source (C7).

use super::{Context, Refusal, end, push};
use crate::bounded::List;
use crate::ids::{ElementCode, FieldNumber, Name, ResourceCode, Statement};
use crate::language::phrase;
use crate::records::{
    DataElement, FieldType, ObjectionKind, Office, Period, Record, RecordId, Resource, Source,
    Trail,
};
use crate::rejection::Rejection;
use crate::view::Records;

impl Context<'_, '_> {
    pub(super) fn define_element(
        &mut self,
        code: &ElementCode,
        name: &Name,
        definition: &Statement,
        field_type: FieldType,
    ) -> Result<(), Refusal> {
        self.require_office(Office::Standards)?;
        if self.state.data_element(code)?.is_some() {
            return Err(Rejection::Taken {
                id: RecordId::DataElement(code.clone()),
            }
            .into());
        }
        self.put(Record::DataElement(DataElement {
            code: code.clone(),
            name: name.clone(),
            definition: definition.clone(),
            field_type,
            defined: self.at,
            sources: List::default(),
            retired: None,
            trail: Trail::default(),
        }))
    }

    fn lasting_element(&self, code: &ElementCode) -> Result<DataElement, Refusal> {
        let unknown = || Rejection::Unknown {
            id: RecordId::DataElement(code.clone()),
        };
        let element = self.state.data_element(code)?.ok_or_else(unknown)?;
        match element.retired {
            Some(_) => Err(Rejection::ElementRetired { code: code.clone() }.into()),
            None => Ok(element),
        }
    }

    pub(super) fn retire_element(&mut self, code: &ElementCode) -> Result<(), Refusal> {
        self.require_office(Office::Standards)?;
        let mut element = self.lasting_element(code)?;
        element.retired = Some(self.at);
        if let Some(last) = element.sources.as_mut_slice().last_mut() {
            end(&mut last.period, self.at);
        }
        self.put(Record::DataElement(element))
    }

    /// Rule C7: the first claim makes the source; another one opens an objection for the steward.
    pub(super) fn claim_source(
        &mut self,
        code: &ElementCode,
        resource: &ResourceCode,
        field: FieldNumber,
        reason: &Statement,
    ) -> Result<(), Refusal> {
        let mut element = self.lasting_element(code)?;
        let claimed = self.existing_resource(resource)?;
        self.require_acting_for(&claimed.provider)?;
        require_instance(&element, &claimed, field)?;
        let current = element.source();
        if current.is_some_and(|source| source.resource == *resource && source.field == field) {
            return Err(Rejection::AlreadySource {
                element: code.clone(),
                resource: resource.clone(),
                field,
            }
            .into());
        }
        if current.is_some() {
            let kind = ObjectionKind::SourceConflict {
                element: code.clone(),
                field,
            };
            self.open_objection(claimed, self.actor().clone(), kind, reason, None)?;
            return self.put(Record::DataElement(element));
        }
        self.make_source(&mut element, &claimed, field)?;
        self.put(Record::DataElement(element))?;
        self.touch_resource(resource)
    }

    /// The field becomes the data element's source from now on.
    fn make_source(
        &self,
        element: &mut DataElement,
        resource: &Resource,
        field: FieldNumber,
    ) -> Result<(), Refusal> {
        if let Some(last) = element.sources.as_mut_slice().last_mut() {
            end(&mut last.period, self.at);
        }
        let source = Source {
            resource: resource.code.clone(),
            field,
            department: resource.provider.clone(),
            period: Period::since(self.at),
        };
        push(
            &mut element.sources,
            source,
            phrase!(
                "the history of a data element's sources",
                "数据元来源的历史"
            ),
        )
    }

    /// The steward found a second claim to be right.
    pub(super) fn move_source(
        &mut self,
        code: &ElementCode,
        resource: &ResourceCode,
        field: FieldNumber,
    ) -> Result<(), Refusal> {
        let mut element = self.lasting_element(code)?;
        let claimed = self.existing_resource(resource)?;
        require_instance(&element, &claimed, field)?;
        let before = element.source().map(|source| source.resource.clone());
        self.make_source(&mut element, &claimed, field)?;
        self.put(Record::DataElement(element))?;
        match before {
            Some(before) if before != *resource => self.touch_resource(&before),
            Some(_) | None => Ok(()),
        }
    }
}

/// Rule C7: a source is a field in force that the entry says is this data element, of its type.
fn require_instance(
    element: &DataElement,
    resource: &Resource,
    field: FieldNumber,
) -> Result<(), Refusal> {
    let published = super::sharing::in_force(resource)?;
    let named = published.entry.field(field);
    let is_instance = named.is_some_and(|field| {
        let names = field.data_element.as_ref();
        names.is_some_and(|code| code.as_str() == element.code.as_str())
            && field.field_type == element.field_type
    });
    if is_instance {
        return Ok(());
    }
    Err(Rejection::NotAnInstance {
        element: element.code.clone(),
        resource: resource.code.clone(),
        field,
    }
    .into())
}
